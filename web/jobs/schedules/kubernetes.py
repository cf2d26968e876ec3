"""A Kubernetes CronJob for each job."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from postroom.web.conf import conf
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules.fields import Fields, joined
from postroom.web.jobs.schedules.place import Place
from postroom.web.jobs.schedules.words import words_by_weekday
from postroom.web.jobs.status import Missed

_HERE: Final = Place()
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
      backoffLimit: {retries}
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
              image: {image}
              command: {words}
              envFrom:
                - configMapRef:
                    name: postroom
              env:
                - name: POD_NAME
                  valueFrom:
                    fieldRef:
                      fieldPath: metadata.name
                # It ends with the due time; so a late run is for the right day.
                - name: KUBERNETES_JOB_NAME
                  valueFrom:
                    fieldRef:
                      fieldPath: metadata.labels['job-name']
                - name: SECRET_KEY_FILE
                  value: /run/secrets/postroom/SECRET_KEY
                - name: DATABASE_URL_FILE
                  value: /run/secrets/postroom/DATABASE_URL
              resources:
                requests:
                  cpu: {cpu}m
                  memory: {memory}Mi
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


def render(jobs: Sequence[Job], mark: str, place: Place = _HERE) -> str:
    """The whole file.

    Raises:
        JobError: a name is too long for Kubernetes, or a schedule that it cannot express.
    """
    return _HEAD.format(mark=mark) + "".join(_job(job, place) for job in jobs)


def schedule(job: Job) -> str:
    """The schedule as Kubernetes reads it: numbers only, as its `*/2` is no longer a star.

    Where both fields of days must fit, it is by weekday: `--only-on-days` does the rest.

    Raises:
        JobError: a field has more than numbers, names, lists, ranges and steps.
    """
    fields = Fields.of(job)
    days = None if fields.both else fields.days
    parts = (fields.minutes, fields.hours, days, fields.months, fields.weekdays)
    return " ".join(joined(values) for values in parts)


def _job(job: Job, place: Place) -> str:
    name = f"{place.name_prefix}{job.command.replace('_', '-')}"
    if len(name) > _LONGEST_NAME:
        raise JobError(
            f"{job.command}: {name} is longer than Kubernetes' {_LONGEST_NAME} characters"
        )
    return _JOB.format(
        summary=job.summary,
        name=name,
        command=job.command,
        # JSON is YAML, with every ambiguous value in quotes.
        schedule=json.dumps(schedule(job)),
        timezone=json.dumps(job.timezone),
        words=json.dumps(["python", "manage.py", *words_by_weekday(job, Fields.of(job))]),
        image=place.image,
        memory=job.memory,
        cpu=job.cpu,
        retries=conf.job_retries,
        deadline=job.deadline // timedelta(seconds=1),
        late=6 * 3600 if job.missed is Missed.RUN_ONCE else 60,
    )
