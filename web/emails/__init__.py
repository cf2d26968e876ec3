"""The queue: one `EmailQueue` row per e-mail, and the relay that publishes what is due.

Here live the tables of the queue, the service that fills them, the relay, and what operators see
and decide. No code here sends e-mail (that is `postroom.mailer`), and none knows a job, a notice, a
report or a system built on the queue.
"""
