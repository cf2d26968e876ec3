"""The job engine: runs each scheduled command once, however many hosts start it.

Here: locks, schedules, the history of runs, the scheduler, and their admin pages. What a job does
is not here: it is in the `management/commands` of the job's own app, and its schedule in that app's
`jobs.py`. The engine imports no system.
"""
