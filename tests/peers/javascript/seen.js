// What the walks have in common: who asks, what a refusal looks like, and pages.
import { ClientSecretCredential, DefaultAzureCredential } from "@azure/identity";

export const owner = new DefaultAzureCredential();
export const reader = new ClientSecretCredential(
  process.env.AZURE_TENANT_ID, process.env.WALK_READER_ID, process.env.WALK_READER_SECRET);

/** The type, status and code of the SDK's own error; data plane errors carry their codes in `errors`. */
export async function refused(asking) {
  try {
    await asking();
  } catch (error) {
    const code = error.code ?? error.details?.errors?.[0]?.code ?? error.details?.error?.code;
    return [error.name, error.statusCode, code];
  }
  return "allowed";
}

export async function all(list) {
  const found = [];
  for await (const each of list) found.push(each);
  return found;
}

export const names = async (list) => (await all(list)).map((each) => each.name);

export async function whole(stream) {
  return Buffer.concat(await all(stream));
}
