"""What we advertise, next to what Apache Kafka advertises on the same kind of listener."""

import kafka_jars
import kafka_rig
import wire
from processes import expect
from registry import compat_test


@compat_test(limit_s=120)
def test_api_versions_are_apaches(rig):
    """Every API that we serve has exactly Apache's version range, on both listeners, and every
    feature that we support is within Apache's."""
    apache = kafka_rig.Apache(rig, "apache", rig.settings("apache-data"))
    apache.format()
    apache.start()
    ours = rig.server().start()
    for listener, mine, theirs in (
            ("broker", ours.address, apache.address),
            ("controller", ours.settings.controller_address, apache.settings.controller_address)):
        got, want = wire.api_versions(mine), wire.api_versions(theirs)
        expect(wire.API_VERSIONS in got["apis"], f"{listener}: ApiVersions is not advertised")
        for key, versions in got["apis"].items():
            expect(key in want["apis"], f"{listener}: Apache does not serve API {key}")
            expect(versions == want["apis"][key],
                   f"{listener}: API {key} is {versions}, Apache's is {want['apis'][key]}")
        for name, (low, high) in got["supported"].items():
            expect(name in want["supported"], f"{listener}: unknown feature {name}")
            their_low, their_high = want["supported"][name]
            expect(their_low <= low <= high <= their_high,
                   f"{listener}: {name} {low}-{high}, Apache's is {their_low}-{their_high}")
        for name, level in got["finalized"].items():
            low, high = got["supported"].get(name, (0, -1))
            expect(low <= level <= high, f"{listener}: {name} is finalized at {level}, "
                                         f"but {low}-{high} is supported")
        if ours.brand == "moldau":
            level = got["finalized"].get("metadata.version")
            expect(level == kafka_jars.METADATA_VERSION,
                   f"{listener}: metadata.version is {level}")
    ours.stop()
