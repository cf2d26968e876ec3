"""A Kubernetes CronJob for each job."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from postroom.web.jobs.errors import JobError
from postroom.web.jobs.registry import Job
from postroom.web.jobs.schedules.words import late_words
from postroom.web.jobs.status import Missed

_LONGEST_NAME: Final = 52  # Kubernetes appends eleven characters to name the Job

_HEAD: Final = """\
# {mark}
# kubectl apply -f cronjobs.yaml    More: docs/scheduling.md
#
# Expects a ConfigMap `postroom` with plain settings, and a Secret `postroom` with the keys
# SECRET_KEY and DATABASE_URL, mounted as files so that they are not in the environment. Needs
# Kubernetes 1.27 or later (timeZone).
"""

_JOB: Final = """\
---
# {summary}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
  labels: &labels
    app.kubernetes.io/name: postroom
    app.kubernetes.io/component: job
    postroom/job: {command}
spec:
  schedule: {schedule}
  timeZone: {timezone}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {late}
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    metadata:
      labels: *labels
    spec:
      activeDeadlineSeconds: {deadline}
      # A second attempt sends nothing twice: the e-mails of a job have idempotency keys.
      backoffLimit: 2
      template:
        metadata:
          labels: *labels
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 30
          automountServiceAccountToken: false
          enableServiceLinks: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: job
              image: postroom-web:0.1.0
              command: {words}
              envFrom:
                - configMapRef:
                    name: postroom
              env:
                - name: POD_NAME
                  valueFrom:
                    fieldRef:
                      fieldPath: metadata.name
                - name: SECRET_KEY_FILE
                  value: /run/secrets/postroom/SECRET_KEY
                - name: DATABASE_URL_FILE
                  value: /run/secrets/postroom/DATABASE_URL
              resources:
                requests:
                  cpu: 50m
                  memory: 128Mi
                limits:
                  cpu: "1"
                  memory: 512Mi
              securityContext:
                privileged: false
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              volumeMounts:
                - name: secrets
                  mountPath: /run/secrets/postroom
                  readOnly: true
                - name: tmp
                  mountPath: /tmp
          volumes:
            - name: secrets
              secret:
                secretName: postroom
                defaultMode: 288 # 0440
            - name: tmp
              emptyDir:
                sizeLimit: 64Mi
"""


def render(jobs: Sequence[Job], mark: str) -> str:
    """The whole file.

    Raises:
        JobError: a name is too long for Kubernetes.
    """
    return _HEAD.format(mark=mark) + "".join(_job(job) for job in jobs)


def _job(job: Job) -> str:
    name = f"postroom-{job.command.replace('_', '-')}"
    if len(name) > _LONGEST_NAME:
        raise JobError(
            f"{job.command}: {name} is longer than Kubernetes' {_LONGEST_NAME} characters"
        )
    return _JOB.format(
        summary=job.summary,
        name=name,
        command=job.command,
        # JSON is YAML, with every ambiguous value in quotes.
        schedule=json.dumps(job.schedule),
        timezone=json.dumps(job.timezone),
        words=json.dumps(["python", "manage.py", *late_words(job)]),
        deadline=job.deadline // timedelta(seconds=1),
        late=6 * 3600 if job.missed is Missed.RUN_ONCE else 60,
    )
