// ARM as a program meets it: node arm.js GROUP NAME. What it leaves behind is looked at by the test.
import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import { ResourceManagementClient } from "@azure/arm-resources";
import { all, names, owner, reader, refused } from "./seen.js";

const [group, name] = process.argv.slice(2);
const subscription = process.env.AZURE_SUBSCRIPTION_ID;
const arm = new ContainerRegistryManagementClient(owner, subscription);
const groups = new ResourceManagementClient(owner, subscription).resourceGroups;
const seen = {};

await groups.createOrUpdate(group, { location: "eastus", tags: { by: "javascript" } });
seen.group = [(await groups.get(group)).location, (await names(groups.list())).includes(group)];

const asked = { name, type: "Microsoft.ContainerRegistry/registries" };
const { registries } = arm;
seen.free = (await registries.checkNameAvailability(asked)).nameAvailable;
const basic = { location: "eastus", sku: { name: "Basic" } };
seen["missing role"] = await refused(() =>
  new ContainerRegistryManagementClient(reader, subscription).registries.create(group, name, basic).pollUntilDone());
const made = await registries.create(group, name, basic).pollUntilDone();
seen.made = [made.name, made.sku.tier, made.loginServer, made.provisioningState, made.creationDate instanceof Date];
seen.taken = (await registries.checkNameAvailability(asked)).reason;
const place = { location: "westeurope" };
seen["wrong tier"] = await refused(() => arm.replications.create(group, name, "westeurope", place).pollUntilDone());
const secluded = { ...basic, publicNetworkAccess: "Disabled" };
seen["wrong property"] = await refused(() => registries.create(group, `${name}no`, secluded).pollUntilDone());
seen.missing = await refused(() => registries.get(group, `${name}no`));
const premium = { sku: { name: "Premium" }, adminUserEnabled: true, tags: { by: "patch" } };
const changed = await registries.update(group, name, premium).pollUntilDone();
seen.changed = [changed.sku.name, changed.adminUserEnabled, changed.tags];
await registries.create(group, `${name}two`, basic).pollUntilDone();
seen.listed = (await all(registries.listByResourceGroup(group).byPage())).map((page) => page.map((each) => each.name));
seen["in subscription"] = (await names(registries.list())).includes(name);
await registries.delete(group, `${name}two`).pollUntilDone();
const before = await registries.listCredentials(group, name);
const after = await registries.regenerateCredential(group, name, { name: "password" });
seen.renewed = before.passwords.map((each, which) => each.value !== after.passwords[which].value);
seen.usages = (await registries.listUsages(group, name)).value.map((each) => each.name);

const replica = await arm.replications.create(group, name, "westeurope", place).pollUntilDone();
seen.replica = [replica.name, replica.provisioningState, replica.status.displayStatus];
const zoned = await arm.replications.update(group, name, "westeurope", { regionEndpointEnabled: false }).pollUntilDone();
seen.replicas = [zoned.regionEndpointEnabled, (await names(arm.replications.list(group, name))).sort()];

const hook = { location: "eastus", serviceUri: "https://hooks.example.com/here", actions: ["push"], customHeaders: { "X-By": "program" } };
await arm.webhooks.create(group, name, "hookwalk", hook).pollUntilDone();
const updated = await arm.webhooks.update(group, name, "hookwalk", { actions: ["push", "delete"], scope: "app:*" }).pollUntilDone();
seen.hook = [updated.actions, updated.scope, updated.status];
seen.headers = (await arm.webhooks.getCallbackConfig(group, name, "hookwalk")).customHeaders;
const ping = await arm.webhooks.ping(group, name, "hookwalk");
seen.pinged = (await all(arm.webhooks.listEvents(group, name, "hookwalk"))).map((each) => each.id === ping.id);

const actions = ["repositories/app/content/read", "repositories/app/metadata/read"];
const map = await arm.scopeMaps.create(group, name, "readers", { actions, description: "read" }).pollUntilDone();
const token = await arm.tokens.create(group, name, "robot", { scopeMapId: map.id, status: "enabled" }).pollUntilDone();
seen.token = [map.typePropertiesType, token.provisioningState, token.status, (await names(arm.scopeMaps.list(group, name))).length];
const secret = await registries.generateCredentials(group, name, { tokenId: token.id, name: "password1" }).pollUntilDone();
seen.secret = [secret.username, secret.passwords.map((each) => [each.name, each.value.length > 20])];
seen["token listed"] = (await names(arm.tokens.list(group, name)));
seen["map in use"] = await refused(() => arm.scopeMaps.delete(group, name, "readers").pollUntilDone());
seen["system map"] = await refused(() => arm.scopeMaps.delete(group, name, "_repositories_pull").pollUntilDone());

const rule = { sourceRepository: "docker.io/library/hello-world", targetRepository: "cached/hello-world" };
const cached = await arm.cacheRules.create(group, name, "hello", rule).pollUntilDone();
seen.rule = [cached.name, cached.sourceRepository, cached.provisioningState, await names(arm.cacheRules.list(group, name))];

const source = { registryUri: "mcr.microsoft.com", sourceImage: "hello-world" };
const wanted = { source, targetTags: ["imported/hello:v1"], mode: "NoForce" };
await registries.importImage(group, name, wanted).pollUntilDone();
seen["imported again"] = await refused(() => registries.importImage(group, name, wanted).pollUntilDone());
const nowhere = { source: { ...source, sourceImage: "no/such:image" }, targetTags: ["imported/no:v1"] };
seen["import of nothing"] = await refused(() => registries.importImage(group, name, nowhere).pollUntilDone());
const own = { source: { resourceId: made.id, sourceImage: "imported/hello:v1" }, targetTags: ["imported/hello:v2"] };
await registries.importImage(group, name, own).pollUntilDone();
await arm.cacheRules.delete(group, name, "hello").pollUntilDone();
seen["no rule"] = await names(arm.cacheRules.list(group, name));
console.log(JSON.stringify(seen));
