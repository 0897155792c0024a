"""GitLab: snapshots, which are packages of the project.

There are no comments: a job's token may not write any (gitlab.com/gitlab-org/gitlab/-/issues/464591), and a token that
may would be a secret that lives for long. The merge request shows a link to the page instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from ci.web import Web


def snapshot(env: Mapping[str, str], stack: str) -> bytes | None:
    """The last snapshot of a stack, of the project that the merge request is for; None if it is hidden from a fork."""
    api = Web(env["CI_API_V4_URL"], {"JOB-TOKEN": env["CI_JOB_TOKEN"]})
    project = env.get("CI_MERGE_REQUEST_PROJECT_ID") or env["CI_PROJECT_ID"]
    return api.found(f"projects/{project}/packages/generic/snapshots/latest/{stack}.json")
