"""Floor 5: what a person looks at: tables, plots, pages. Needs the extra `lab`."""
