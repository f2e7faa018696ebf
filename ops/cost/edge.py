"""What a deploy makes of terraform/edge: a plan of the platform says only which stages are to have it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ops import plans
from ops.plans import PlanJson, Resource

# Of terraform/modules/cdn, what is there once for each stage with a CDN and costs something, be it by use.
MADE = ("aws_cloudfront_distribution", "aws_cloudfront_function", "aws_cloudfront_key_value_store")
FIREWALL = "aws_wafv2_web_acl"
FIREWALL_RULES = 3
_EDGE = "edge of "


def planned(plan: PlanJson) -> list[Resource]:
    """All that is there when the plan is applied and the stages are deployed."""
    stages = plan.get("variables", {}).get("stages", {}).get("value") or {}
    return [*plans.planned(plan), *_edges(stages)]


def prior(plan: PlanJson) -> list[Resource]:
    """All that was there before, if the stages were deployed after the last apply."""
    outputs = plan.get("prior_state", {}).get("values", {}).get("outputs", {})
    return [*plans.prior(plan), *_edges(outputs.get("stages", {}).get("value") or {})]


def types_for(stage: str, resources: Iterable[Resource]) -> set[str]:
    """The types of what a stage's requests may meet: of everything but the edges of other stages."""
    return {
        one.type
        for one in resources
        if not one.address.startswith(_EDGE) or one.address.startswith(_edge(stage))
    }


def _edge(stage: str) -> str:
    return f"{_EDGE}{stage}: "


def _edges(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[Resource]:
    for stage, settings in stages.items():
        cdn = settings.get("cdn")
        # {} is a CDN with all defaults.
        if cdn is None or cdn.get("retired"):
            continue
        for kind in MADE:
            yield Resource(_edge(stage) + kind, kind, {})
        if cdn.get("waf"):
            rules: list[dict[str, Any]] = [{}] * FIREWALL_RULES
            yield Resource(_edge(stage) + FIREWALL, FIREWALL, {"rule": rules})
