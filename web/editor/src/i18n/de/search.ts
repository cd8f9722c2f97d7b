export const search = {
  "note.body": "Notiz; Enter bearbeitet sie",
  "note.empty": "Leere Notiz",
  "note.edit": "Text der Notiz, in Markdown",
  "note.placeholder": "Markdown: # Titel, **fett**, - Liste",

  "search.bar.way": "Geöffnete Subgraphen",
  "search.bar.inputs": "Eingänge",
  "search.bar.outputs": "Ausgänge",
  "search.bar.no-inputs": "noch keine",
  "search.bar.no-outputs": "noch keine",
  "search.bar.leave": "Verlassen",
  "search.bar.rename": "{name} umbenennen",
};
