"""What MiniStack lacks of CloudFront and its certificates; launcher.py, beside this file, says how and why."""

import functools
import json
from typing import Any


def repair_key_value_stores(cloudfront_js: Any, keyvaluestore: Any) -> None:
    """A CloudFront function's import of `cloudfront` is refused, so it can't read a key-value store."""
    evaluate = cloudfront_js.evaluate
    # Node's start counts, for which a busy machine takes longer than 5 s.
    cloudfront_js._EVAL_TIMEOUT = 120.0

    @functools.wraps(evaluate)
    def evaluate_with_stores(code: bytes, event: dict[str, Any]) -> Any:
        # Of all stores, whichever the function is associated with.
        items = {
            key: value
            for store in keyvaluestore._stores._data.values()
            for key, value in store["items"].items()
        }
        get = f"async (key) => {{ const items = {json.dumps(items)}; if (key in items) return items[key]; throw new Error(key); }}"
        module = f"const cf = {{ kvs: () => ({{ get: {get} }}) }};"
        return evaluate(code.replace(b"import cf from 'cloudfront';", module.encode()), event)

    cloudfront_js.evaluate = evaluate_with_stores


def repair_aliases(app: Any, cloudfront: Any) -> None:
    """A distribution answers at CloudFront's own address, and not at its aliases."""
    parse = app._parse_cloudfront_dataplane_host

    @functools.wraps(parse)
    def parse_alias(host: str) -> str | None:
        name = host.partition(":")[0].lower()
        for distribution in cloudfront._distributions.values():
            if name in cloudfront._get_distribution_aliases(distribution):
                label: str = distribution["DomainName"].partition(".")[0]
                return label
        found: str | None = parse(host)
        return found

    app._parse_cloudfront_dataplane_host = parse_alias


def repair_empty_header_lists(cloudfront: Any) -> None:
    """A policy for the headers of answers tells of empty lists of headers, where AWS leaves out what it was not given."""
    build = cloudfront._build_rhp_config_xml

    @functools.wraps(build)
    def build_without_empty_lists(parent: Any, config: dict[str, Any]) -> None:
        build(parent, config)
        for name, listed in (
            ("CustomHeadersConfig", "CustomHeaders"),
            ("RemoveHeadersConfig", "RemoveHeaders"),
        ):
            if not config[listed]:
                parent.remove(parent.find(name))

    cloudfront._build_rhp_config_xml = build_without_empty_lists


def repair_certificate_options(acm: Any) -> None:
    """Whether a certificate is to be logged in public is taken and forgotten."""
    request = acm._request_certificate

    @functools.wraps(request)
    def request_with_options(asked: dict[str, Any]) -> Any:
        answer = request(asked)
        certificate = acm._certificates.get(json.loads(answer[2]).get("CertificateArn"))
        if certificate is not None:
            certificate["Options"] = asked.get("Options", {})
        return answer

    acm._request_certificate = request_with_options


def repair_secure_origins(s3: Any, iam_evaluator: Any) -> None:
    """A distribution seems to read its bucket without TLS, which our buckets refuse. CloudFront comes as its viewer did, by HTTPS."""
    allows = s3._cloudfront_origin_allows

    @functools.wraps(allows)
    def allows_by_tls(*asked: str) -> bool:
        before = iam_evaluator._request_origin.set(("127.0.0.1", True))
        try:
            found: bool = allows(*asked)
        finally:
            iam_evaluator._request_origin.reset(before)
        return found

    s3._cloudfront_origin_allows = allows_by_tls
