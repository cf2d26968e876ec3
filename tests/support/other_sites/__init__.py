"""Sites of other people: a settings module that the environment makes, run in processes of its own.

`OTHER_APPS` names the apps beside Django's and `postroom`; `OTHER_ADMIN` is `plain`, `own` or
`unfold`; `OTHER_USER` a user model; `OTHER_API` is JSON for REST_FRAMEWORK.
"""
