"""Statistics of the runs of Weft: what takes the time, what is cached, what fails."""
