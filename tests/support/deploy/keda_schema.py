"""KEDA's objects as far as `deploy/` uses them, by hand from its reference.

KEDA's own schema comes with the cluster, not with a package; this one knows no other field, so that
a misspelt one is found.
"""

from typing import Any


def _object(required: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required,
        "required": list(required),
        "additionalProperties": False,
    }


def _kind(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"type": "object", "required": ["name"]}
    return _object(
        {
            "apiVersion": {"const": "keda.sh/v1alpha1"},
            "kind": {"const": name},
            "metadata": metadata,
            "spec": spec,
        }
    )


_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": "integer", "minimum": 1}
_NUMBER_IN_QUOTES = {"type": "string", "pattern": "^[1-9][0-9]*$"}

_TRIGGER = _object(
    {
        "type": {"const": "rabbitmq"},
        "name": _TEXT,
        "metadata": _object(
            {
                "protocol": {"enum": ["auto", "http", "amqp"]},
                "queueName": _TEXT,
                "mode": {"enum": ["QueueLength", "MessageRate"]},
                "value": _NUMBER_IN_QUOTES,
            }
        ),
        "authenticationRef": _object({"name": _TEXT}),
    }
)
_SCALE_DOWN = _object({"stabilizationWindowSeconds": {"type": "integer", "maximum": 3600}})

SCALED_OBJECT = _kind(
    "ScaledObject",
    _object(
        {
            "scaleTargetRef": _object({"name": _TEXT}),
            "minReplicaCount": _COUNT,
            "maxReplicaCount": _COUNT,
            "pollingInterval": _COUNT,
            "fallback": _object({"failureThreshold": _COUNT, "replicas": _COUNT}),
            "advanced": _object(
                {
                    "horizontalPodAutoscalerConfig": _object(
                        {"behavior": _object({"scaleDown": _SCALE_DOWN})}
                    )
                }
            ),
            "triggers": {"type": "array", "minItems": 1, "items": _TRIGGER},
        }
    ),
)
TRIGGER_AUTHENTICATION = _kind(
    "TriggerAuthentication",
    _object(
        {
            "secretTargetRef": {
                "type": "array",
                "items": _object({"parameter": _TEXT, "name": _TEXT, "key": _TEXT}),
            }
        }
    ),
)
