"""Floor 6: what a person looks at: tables, plots, pages. Needs the extra `lab`."""
