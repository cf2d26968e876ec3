"""Short time limits for mailers that meet trouble, so that tests need not wait for long ones."""

IMPATIENT = {
    "EMAIL_TIMEOUT": 1,
    "EMAIL_FINAL_TIMEOUT": 1.5,
    "EMAIL_RETRY_BASE_SECONDS": 0.1,
    "MAILER_PROBE_SECONDS": 0.1,
    "MAILER_CONCURRENCY": 8,
}
