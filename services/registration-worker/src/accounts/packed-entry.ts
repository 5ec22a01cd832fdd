import type { Account, AccountId, Device, DeviceId, KeptSipCredential, PushToken } from '@vigil/domain'
import type { AccountProfile } from './account-profiles.ts'
import type { PackedValues } from './packed-values.ts'

/** An account with the devices that it is a line of, as last read. */
export interface DirectoryEntry {
	readonly account: Account
	readonly devices: readonly Device[]
	/** What the devices attach with at the edge, where it was read. */
	readonly credentials?: ReadonlyMap<DeviceId, KeptSipCredential>
}

/** What sending a REGISTER needs of an account; the first fields of its head. */
export interface AccountFacts {
	readonly id: AccountId
	readonly contactToken: string
	readonly username: string
	/** Empty where it is the user name. */
	readonly authUsername: string
}

const SEPARATOR = '\0'
/** Marks a field whose characters are the bytes of its UTF-8, so that all of it takes one byte a character. */
const WIDE = '\x01'

// What is said beside the packed values, and what its reader knows: of the account the facts and the profile; of a
// device the tenant, and its line where it has but this one; of a token its device, and what concerns the dispatcher alone.
const NOT_OF_ACCOUNT: ReadonlySet<string> = new Set<keyof Account>([
	'id',
	'contactToken',
	'username',
	'authUsername',
	'version',
	'tenantId',
	'domain',
	'transport',
	'webSocketPath',
	'attributes',
	// Kept with its registration.
	'authentication',
])
const NOT_OF_FOREIGN_DEVICE: ReadonlySet<string> = new Set<keyof Device>(['pushTokens'])
const NOT_OF_DEVICE: ReadonlySet<string> = new Set<keyof Device>(['pushTokens', 'tenantId'])
const NOT_OF_LONE_DEVICE: ReadonlySet<string> = new Set<keyof Device>(['pushTokens', 'tenantId', 'lines'])
const NOT_OF_TOKEN: ReadonlySet<string> = new Set<keyof PushToken>(['deviceId', 'refusedAtMs', 'refusedReason'])

type Packed = Parameters<PackedValues['unpack']>[0]
type PackedDevice = readonly [device: Packed, tokens: readonly Packed[], credential?: KeptSipCredential]

/**
 * What of an account is at hand without unpacking: facts and version. With `packBody` it is all of an account and its
 * devices that it does not share with others (`AccountProfile`), a tenth of what the objects take. Made when the account is
 * read, taken apart when a call comes.
 */
export function packHead({ id, contactToken, username, authUsername = '', version }: Account): string {
	const names = narrow(username) + SEPARATOR + narrow(authUsername)
	return `${id}${SEPARATOR}${contactToken}${SEPARATOR}${names}${SEPARATOR}${version}`
}

/** The rest of the account, and its devices. */
export function packBody({ account, devices, credentials }: DirectoryEntry, values: PackedValues): string {
	const packed: unknown[] = [values.pack(account, NOT_OF_ACCOUNT)]
	for (const device of devices) {
		const credential = credentials?.get(device.id)
		const parts = packDevice(device, account, values)
		packed.push(credential ? [...parts, credential] : parts)
	}
	return narrow(JSON.stringify(packed))
}

/** The facts of a head. */
export function readFacts(head: string): AccountFacts {
	const id = head.indexOf(SEPARATOR)
	const token = head.indexOf(SEPARATOR, id + 1)
	const username = head.indexOf(SEPARATOR, token + 1)
	const auth = head.indexOf(SEPARATOR, username + 1)
	return {
		id: head.slice(0, id) as AccountId,
		contactToken: head.slice(id + 1, token),
		username: widen(head.slice(token + 1, username)),
		authUsername: auth === username + 1 ? '' : widen(head.slice(username + 1, auth)),
	}
}

/** The account's version of a head. */
export function readVersion(head: string): number {
	return Number(head.slice(head.lastIndexOf(SEPARATOR) + 1))
}

/** Whether it is the head of that account. */
export function isHeadOf(head: string, id: AccountId): boolean {
	return head.startsWith(id) && head.startsWith(SEPARATOR, id.length)
}

/** The objects again. */
export function unpackEntry(head: string, body: string, profile: AccountProfile, values: PackedValues): DirectoryEntry {
	const { id, contactToken, username, authUsername } = readFacts(head)
	const version = readVersion(head)
	const [rest, ...devices] = JSON.parse(widen(body)) as [Packed, ...PackedDevice[]]
	const account = {
		...values.unpack(rest),
		...profile,
		id,
		contactToken,
		username,
		...(authUsername === '' ? {} : { authUsername }),
		version,
	} as Account
	return { account, devices: devices.map((device) => unpackDevice(device, account, values)) }
}

/** What the device of an entry attaches with, without unpacking the rest. */
export function unpackCredential(body: string, id: DeviceId, values: PackedValues): KeptSipCredential | undefined {
	const [, ...devices] = JSON.parse(widen(body)) as [Packed, ...PackedDevice[]]
	return devices.find(([packed]) => values.unpack(packed).id === id)?.[2]
}

function packDevice(device: Device, account: Account, values: PackedValues): PackedDevice {
	const { id, tenantId, lines, pushTokens } = device
	const alone = lines.length === 1 && lines[0] === account.id
	const tokens = pushTokens.map((token) => values.pack(token, token.deviceId === id ? NOT_OF_TOKEN : undefined))
	if (tenantId !== account.tenantId) return [values.pack(device, NOT_OF_FOREIGN_DEVICE), tokens]
	return [values.pack(device, alone ? NOT_OF_LONE_DEVICE : NOT_OF_DEVICE), tokens]
}

function unpackDevice([packed, tokens]: PackedDevice, account: Account, values: PackedValues): Device {
	const device = { tenantId: account.tenantId, lines: [account.id], ...values.unpack(packed) } as unknown as Device
	const pushTokens = tokens.map((token) => ({ deviceId: device.id, ...values.unpack(token) }) as unknown as PushToken)
	return { ...device, pushTokens }
}

/** Text that is not ASCII as the bytes of its UTF-8. The database holds no NUL; one from elsewhere goes. */
function narrow(text: string): string {
	let plain = true
	for (let i = 0; i < text.length && plain; i++) {
		const code = text.charCodeAt(i)
		plain = code < 0x80 && code > 1
	}
	return plain ? text : WIDE + Buffer.from(text.replaceAll(SEPARATOR, ''), 'utf8').toString('latin1')
}

function widen(field: string): string {
	return field.startsWith(WIDE) ? Buffer.from(field.slice(1), 'latin1').toString('utf8') : field
}
