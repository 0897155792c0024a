"""P21."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, azure, bad, federation, good, kubernetes, unknown

OWNED = {"owner": "myfederation"}
DNS, PRIVATE = "dns:RecordSet", "privatedns:PrivateRecordSet"


def record(name: str = "www", kind: str = "A", *, api: str = DNS, own: str = "", **more: Any) -> Resource:
    zone = "privateZoneName" if "Private" in api else "zoneName"
    props = {
        "recordType": kind,
        "relativeRecordSetName": name,
        zone: "syncweek.com",
        "resourceGroupName": "fed-dns-rg",
        "metadata": OWNED,
        "ttl": 30.0,
        **more,
    }
    return azure(api, own or name, **{key: value for key, value in props.items() if value is not None})


def endpoint(ttl: float | None, kind: str = "A", api: str = "externaldns.k8s.io/v1alpha1") -> Resource:
    ends = [{"dnsName": "www.syncweek.com", "recordType": kind, "recordTTL": ttl}]
    return kubernetes(f"{api}:DNSEndpoint", "apps/www", spec={"endpoints": ends})


def owner(called: str, keys: str = "owner or federation-owner or stack") -> str:
    return f"record set {called!r} does not say whose it is (metadata: {keys})"


def ttl(called: str, seconds: int, where: str = "ttl", allowed: str = "20 to 300") -> str:
    return f"the TTL of {called!r} is {seconds} s, and {allowed} s are allowed ({where})"


WWW = "www.syncweek.com"
ALIAS = {"id": "/subscriptions/1/trafficManagerProfiles/www"}
BESIDE = "'www.syncweek.com' is a CNAME, and RecordSet 'more' has the same name"
CASES = [
    *(
        bad("P21", f"no owner of a {api}", record(api=api, metadata=None), says=owner(WWW))
        for api in (DNS, "network/v20180501:RecordSet", "network:PrivateRecordSet", PRIVATE)
    ),
    bad("P21", "other metadata", record(metadata={"ttl": "30", "owner": ""}), says=owner(WWW)),
    bad("P21", "no owner of the zone's own name", record("@", metadata={}), says=owner("syncweek.com")),
    bad(
        "P21",
        "another key is wanted",
        record(),
        says=owner(WWW, "team or cost-centre"),
        settings={"owner_keys": ["team", "cost-centre"]},
    ),
    good("P21", "another key is there", record(metadata={"team": "a"}), settings={"owner_keys": ["team"]}),
    *(good("P21", f"owned by {key}", record(metadata={key: "f"})) for key in ("federation-owner", "stack")),
    good("P21", "owned", record()),
    good("P21", "another resource", azure("network:PublicIPAddress")),
    bad("P21", "believed too long", record(ttl=301.0), says=ttl(WWW, 301)),
    bad("P21", "believed too short", record(ttl=19.0), says=ttl(WWW, 19)),
    good("P21", "the longest", record(ttl=300.0)),
    good("P21", "the shortest", record(ttl=20.0)),
    bad("P21", "text that is believed too long", record(kind="TXT", ttl=3600.0), says=ttl(WWW, 3600)),
    *(good("P21", f"a steady {kind}", record(kind=kind, ttl=3600.0)) for kind in ("NS", "SOA", "ns")),
    *(
        bad(
            "P21",
            f"{seconds} s where others are allowed",
            record(ttl=seconds),
            says=ttl(WWW, seconds, allowed="60 to 120"),
            settings={"min_ttl": 60, "max_ttl": 120},
        )
        for seconds in (59, 121)
    ),
    bad(
        "P21",
        "another steady type",
        record(kind="NS", ttl=3600.0),
        record("mail", "MX", ttl=3600.0),
        says=ttl(WWW, 3600),
        settings={"steady_types": ["MX"]},
    ),
    bad("P21", "no TTL", record(ttl=None), says=f"record set {WWW!r} does not say how long it counts (ttl)"),
    good("P21", "the TTL of a target", record(ttl=None, targetResource=ALIAS)),
    good("P21", "the TTL of a profile", record(ttl=None, trafficManagementProfile=ALIAS)),
    bad("P21", "an alias with a TTL", record(ttl=600.0, targetResource=ALIAS), says=ttl(WWW, 600)),
    good("P21", "a TTL that is no number", record(ttl="600")),
    bad(
        "P21",
        "21 records",
        record(aRecords=[{"ipv4Address": f"192.0.2.{n}"} for n in range(21)]),
        says=f"record set {WWW!r} has 21 records, and Azure takes 20",
    ),
    good("P21", "20 records", record(aaaaRecords=[{"ipv6Address": f"2001:db8::{n}"} for n in range(20)])),
    good("P21", "21 of something else", record(tags=["a"] * 21)),
    bad(
        "P21",
        "a CNAME of the zone's own name",
        record("@", "cname"),
        says="'syncweek.com' is the zone's own name, which cannot be a CNAME",
    ),
    good("P21", "an A of the zone's own name", record("@")),
    good("P21", "a CNAME of another name", record(kind="CNAME")),
    bad(
        "P21",
        "one of ours",
        federation("DnsRecords", "default/nginx", ttl=600.0),
        says=ttl("default/nginx", 600),
    ),
    good("P21", "one of ours in time", federation("DnsRecords", "default/nginx", ttl=30.0)),
    good("P21", "another of ours", federation("ClusterDns", ttl=600.0)),
    *(
        bad("P21", f"a {api}", azure(api, dnsConfig={"ttl": 10.0}), says=ttl("it", 10, "dnsConfig.ttl"))
        for api in ("trafficmanager:Profile", "network/v20180801:Profile")
    ),
    good("P21", "a profile in time", azure("trafficmanager:Profile", dnsConfig={"ttl": 30.0})),
    good("P21", "a profile of something else", azure("cdn:Profile", dnsConfig={"ttl": 10.0})),
    bad("P21", "an endpoint", endpoint(3600), says=ttl("apps/www", 3600, "spec.endpoints[0].recordTTL")),
    good("P21", "an endpoint in time", endpoint(60)),
    good("P21", "an endpoint without TTL", endpoint(None)),
    good("P21", "a steady endpoint", endpoint(3600, "NS")),
    good("P21", "an endpoint of something else", endpoint(3600, api="example.com/v1")),
    good(
        "P21",
        "another kind of that group",
        kubernetes("externaldns.k8s.io/v1:Other", spec={"endpoints": [{"recordTTL": 1}]}),
    ),
    bad("P21", "a CNAME beside an A", record(kind="CNAME"), record(own="more"), says=BESIDE),
    bad("P21", "a CNAME after an A", record("WWW", own="more"), record(kind="CNAME"), says=BESIDE),
    bad(
        "P21",
        "a CNAME in other letters",
        record("WwW", "CNAME"),
        record(own="more"),
        says=BESIDE.replace("www", "WwW"),
    ),
    good("P21", "two CNAMEs", record(kind="CNAME"), record(kind="CNAME", own="more")),
    good("P21", "an A and an AAAA", record(), record(kind="AAAA", own="more")),
    good("P21", "another name", record(kind="CNAME"), record("more")),
    good("P21", "another zone", record(kind="CNAME"), record(own="more", zoneName="other.com")),
    good("P21", "another group", record(kind="CNAME"), record(own="more", resourceGroupName="other")),
    good("P21", "inside and outside", record(kind="CNAME"), record(own="more", api=PRIVATE)),
    bad(
        "P21",
        "inside",
        record(kind="CNAME", api=PRIVATE),
        record(own="more", api=PRIVATE),
        says="'www.syncweek.com' is a CNAME, and PrivateRecordSet 'more' has the same name",
    ),
    unknown("P21", "the owner", record(metadata={"owner": UNKNOWN}), paths="metadata.owner"),
    good("P21", "one of two owners", record(metadata={"owner": UNKNOWN, "stack": "dev"})),
    unknown(
        "P21",
        "the TTL",
        record(ttl=UNKNOWN, metadata={}),
        paths="ttl",
        says=owner(WWW),
    ),
    unknown("P21", "the records", record(aRecords=UNKNOWN), paths="aRecords"),
    bad("P21", "the zone", record(zoneName=UNKNOWN, metadata={}), says=owner("www.?")),
    bad("P21", "no zone", record(zoneName=None, metadata={}), says=owner("www.?")),
    unknown(
        "P21",
        "the zones of a CNAME",
        record(kind="CNAME", zoneName=UNKNOWN),
        record(own="more"),
        record("other"),
        paths="zoneName",
    ),
    unknown("P21", "the TTL of an endpoint", endpoint(None, UNKNOWN), paths="spec.endpoints[0].recordType"),
]
