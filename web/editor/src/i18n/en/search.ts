export const search = {
  "note.body": "Note; Enter edits it",
  "note.empty": "Empty note",
  "note.edit": "Text of the note, in Markdown",
  "note.placeholder": "Markdown: # title, **bold**, - list",

  "search.bar.way": "Subgraphs that were opened",
  "search.bar.inputs": "Inputs",
  "search.bar.outputs": "Outputs",
  "search.bar.no-inputs": "none yet",
  "search.bar.no-outputs": "none yet",
  "search.bar.leave": "Leave",
  "search.bar.rename": "Rename {name}",
};
