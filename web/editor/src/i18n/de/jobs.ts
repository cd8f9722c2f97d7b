export const jobs = {
  "jobs.said.queued": "Der Lauf ist in der Warteschlange",
  "jobs.refused": "Nicht gestartet: erst {count|ein Problem|# Probleme} lösen",
  "jobs.unreachable": "Der Server antwortet nicht",
};
