import { callTokens } from '@vigil/domain'
import type { World } from '../world/world.ts'
import { fits } from './fits.ts'
import { Violation } from './violation.ts'

/** How long the world is given, in steps; the longest back-off is half an hour. */
const STEPS_MS = [1000, 9000, 110_000, 900_000, 2_600_000, 7_200_000]
/** How long what has come to rest must stay so: refreshes and renewals go on. */
const STAYS_MS = 200_000
/** A rejected registration is tried again when the account changes, which is what its tenant does about it. */
const TENANT_COMES_AT_STEP = 4

/**
 * Lets everything work again and the world come to rest, and throws `Violation` when the holder is then not who should
 * hold, or does not stay it.
 */
export function comeToRest(world: World): void {
	world.calm()
	world.trace('-- all is well from here')
	let wrong: string | undefined
	for (const [step, ms] of STEPS_MS.entries()) {
		if (step === TENANT_COMES_AT_STEP) tenantComes(world)
		world.agenda.pass(ms)
		wrong = whatStaysWrong(world)
		if (wrong !== undefined) continue
		world.agenda.pass(STAYS_MS)
		wrong = whatStaysWrong(world)
		if (wrong === undefined) return
	}
	throw new Violation('comes-to-rest', wrong ?? 'it does not')
}

/** A renewal may be on its way in the very moment of the look. */
function whatStaysWrong(world: World): string | undefined {
	for (let look = 0; look < 3; look++) {
		const wrong = whatIsWrong(world)
		if (wrong === undefined || look === 2) return wrong
		world.agenda.pass(130)
	}
	return undefined
}

function tenantComes({ store }: World): void {
	if (store.status.state !== 'rejected') return
	store.change({ credentialVersion: store.account.credentialVersion + 1 })
}

function whatIsWrong(world: World): string | undefined {
	const { store, registrar, phones } = world
	for (const phone of phones) {
		const device = store.devices[phone.number]
		if (!phone.alive || phone.sequence === 0) continue
		if (device?.sequence !== phone.sequence) return `phone ${phone.number}'s last statement has not arrived`
		if (device.activity !== phone.intent) return `phone ${phone.number} wants ${phone.intent} and counts as another`
	}
	const decision = store.decision()
	const mode = store.account.attributes.registrationMode
	if (!fits(mode, world.traits)) return undefined
	const ours = registrar.of('service') !== undefined
	const theirs = registrar.bindings.some(({ party }) => party !== 'service')
	if (decision === 'service') {
		if ((mode === 1 || mode === 3) && theirs && unreachableByPushInUse(world)) return undefined
		if (!ours) return mayWait(world) || hasYielded(world) ? undefined : 'the service should hold and does not'
		return mode === 1 && theirs ? 'a device holds beside the service' : undefined
	}
	if (ours) return 'the service holds and should not'
	if (decision === 'off') return undefined
	const inUse = phones.some((phone) => phone.alive && phone.intent === 'foreground')
	return inUse && !theirs ? 'a device should hold and does not' : undefined
}

/**
 * Mode 0 at a registrar that forgot our binding, or where a device took our place under mode 1 that was told to just before the
 * mode changed: it lists the device's alone, and so does one that keeps the newest only.
 */
function hasYielded({ registrar, store }: World): boolean {
	const { registrationMode } = store.account.attributes
	const isGone = registrar.wasRestarted || registrar.wasReplaced
	return registrationMode === 0 && isGone && store.status.blockingReason !== undefined
}

/** Mode 1 at a registrar that does not say what it has: nothing but the devices' own word lets the service bind. */
function mayWait({ store, traits }: World): boolean {
	if (store.account.attributes.registrationMode !== 1 || traits.lists === 'always') return false
	return store.devices.some((device) => callTokens(device).length > 0 && !device.unregisteredUpstream)
}

/**
 * Whether only devices that no push can wake are bound, and in use. They do not count, and keep what they have; one may
 * have been told to register just before its last token went.
 */
function unreachableByPushInUse({ phones, store, registrar }: World): boolean {
	return registrar.bindings.every(({ party }) => {
		if (party === 'service') return true
		const [phone, device] = [phones[party], store.devices[party]]
		return phone?.alive && phone.intent === 'foreground' && device !== undefined && callTokens(device).length === 0
	})
}
