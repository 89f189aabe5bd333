"""What a registry refuses about its replications and webhooks."""

from acrlab.domain.arm_errors import ArmCondition


class ReachNameInvalid(ArmCondition):
    """A replication or a webhook is named by 5 to 50 letters and digits. Fields: what."""

    status, arm, provider = 400, "InvalidResourceName", True
    message = "{what} names may contain only alpha numeric characters and must be between 5 and 50 characters"
    evidence, source = "inferred", "the rule is that of azure-mgmt-containerregistry 10.3.0; the words are acrlab's"


class ReplicationAtHome(ArmCondition):
    """The home region has its replication already."""

    status, arm, provider = 400, "InvalidReplicationLocation", True
    message = "Replication could not be created in the same location as the registry."
    evidence, source = "inferred", "azure-cli 2.91.0 says so; the service's own words were not found"


class ReplicationLocationTaken(ArmCondition):
    """One replication a region. Fields: location, name."""

    status, arm, provider = 409, "ReplicationAlreadyExists", True
    message = "The registry has a replication in the location {location} already: {name}."
    evidence, source = "inferred", ""


class ReplicationHomeFixed(ArmCondition):
    """The home region's replication stays. Fields: name."""

    status, arm, provider = 400, "HomeReplicationCannotBeDeleted", True
    message = "The replication '{name}' is in the registry's home region and cannot be deleted."
    evidence, source = "inferred", "that it cannot is documented: container-registry-geo-replication (2026-08-13)"


class ReplicationPropertyFixed(ArmCondition):
    """Zone redundancy is chosen when a replication is made. Fields: property."""

    status, arm, provider = 409, "PropertyChangeNotAllowed", True
    message = "Changing property '{property}' is not allowed: it is set when the replication is created."
    evidence, source = "inferred", ""


class ReplicationsExcluded(ArmCondition):
    """A registry has either soft delete or replications."""

    status, arm, provider = 400, "FeatureConflict", True
    message = "Geo-replication and the soft delete policy cannot be used together."
    evidence, source = "inferred", "that they exclude each other is documented: container-registry-soft-delete-policy"


class WebhookLocationInvalid(ArmCondition):
    """A webhook lives where the registry does. Fields: location, regions."""

    status, arm, provider = 400, "InvalidWebhookLocation", True
    message = "A webhook cannot be created in {location}: the registry is in {regions}."
    evidence, source = "inferred", "container-registry-webhook (2023): the location is a region of the registry"


class WebhookInvalid(ArmCondition):
    """A webhook without address or actions, or with others than there are. Fields: reason."""

    status, arm, provider = 400, "InvalidWebhook", True
    message = "The webhook is not valid: {reason}."
    evidence, source = "inferred", ""
