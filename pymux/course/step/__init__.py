"""The stepper: one step at a time on the real kernel, watched in every mode at once."""
