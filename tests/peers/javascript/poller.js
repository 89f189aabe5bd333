// A poller as a program waits with it: node poller.js GROUP NAME. Says each state that it is told, as it is told.
import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import { owner } from "./seen.js";

const [group, name] = process.argv.slice(2);
const { registries, replications } = new ContainerRegistryManagementClient(owner, process.env.AZURE_SUBSCRIPTION_ID);
const often = { updateIntervalInMs: 100 };

async function watched(poller) {
  poller.onProgress((state) => console.log(state.status));
  await poller.pollUntilDone();
}

await watched(registries.create(group, name, { location: "eastus", sku: { name: "Premium" } }, often));
await watched(replications.create(group, name, "westeurope", { location: "westeurope" }, often));
await watched(replications.update(group, name, "westeurope", { regionEndpointEnabled: false }, often));
await watched(replications.delete(group, name, "westeurope", often));
