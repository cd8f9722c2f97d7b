export const jobs = {
  "jobs.said.queued": "The run is in the queue",
  "jobs.refused": "Not run: {count|one problem|# problems} to solve first",
  "jobs.unreachable": "The server does not answer",
};
