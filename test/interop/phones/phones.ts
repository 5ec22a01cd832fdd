import type { TestPlatform } from '../../world/test-platform.ts'
import { Baresip } from '../peers/baresip.ts'
import { Linphonec } from '../peers/linphonec.ts'
import type { SoftphoneAccount } from '../peers/real-phone.ts'

const MD5_APP = 'md5-phone'

/** The push app of baresip, which knows MD5 alone and reads the first challenge only. */
export async function newMd5App({ tenant, pushes }: TestPlatform): Promise<void> {
	const app = { name: MD5_APP, ...pushes.pushApp, digestAlgorithms: ['MD5'] }
	await tenant.client.request('POST', '/v1/push-apps', app)
}

/** Starts it; resolves when it has registered. @throws Error when it could not. */
export async function startBaresip(account: SoftphoneAccount): Promise<Baresip> {
	const phone = await Baresip.start()
	try {
		await phone.register(account)
		return phone
	} catch (error) {
		await phone.kill()
		throw error
	}
}

/** How each is started, and by which push app it is woken. */
export const PHONES = {
	baresip: { start: startBaresip, pushApp: MD5_APP },
	linphonec: { start: (account: SoftphoneAccount) => Linphonec.start(account) },
} as const
