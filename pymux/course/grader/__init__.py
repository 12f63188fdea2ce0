"""The grader: a submission runs in a sandbox, and its bytes and system calls are counted from outside.

`sandbox` is where it runs, `program` one run of it, `channel` what is sent to it and received, `check` the
form of a check, `submission` what a check is given, `worker` the process that runs the checks, `grading` the
whole.
"""
