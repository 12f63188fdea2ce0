"""Floor 5: what a course needs: a stepper, exercises, their checks and the grader."""
