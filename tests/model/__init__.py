"""The delivery contract as a small model that is explored completely (docs/contract-model.md).

Here: one e-mail's row, its messages, the relay, two mailers, an SMTP server, a clock and people
(`state.py`), what each of them may do next (`*_steps.py`, `record.py`), what must hold
(`invariants.py`), and the search through every order of these steps (`explore.py`). Each step names
the statements and functions it stands for, and each guard of them can be left out (`guards.py`).
Not here: databases, brokers and servers.
"""
