"""What must survive: jobs, events, workflows and files."""
