import type { PushAppSettings, PushProvider, Secret } from '@vigil/domain'
import type { Clock, Egress } from '@vigil/runtime'
import { ApnsSender } from './apns/apns-sender.ts'
import type { AppSender } from './app-sender.ts'
import { FcmSender } from './fcm/fcm-sender.ts'

/** What the sender of an app may use beside the app's settings and secret. */
export interface SenderContext {
	readonly clock: Clock
	readonly egress?: Egress
}

type SettingsOf<P extends PushProvider> = Extract<PushAppSettings, { readonly provider: P }>

/** Makes the sender of an app. @throws UnusablePushAppError */
type SenderMaker<P extends PushProvider> = (
	settings: SettingsOf<P>,
	secret: Secret,
	context: SenderContext,
) => AppSender

/** One entry a provider, each with a folder of its own. */
const PROVIDERS: { readonly [P in PushProvider]: SenderMaker<P> } = {
	apns: (settings, secret, { egress }) => new ApnsSender(settings, secret, { ...(egress && { egress }) }),
	fcm: (settings, secret, context) => new FcmSender(settings, secret, context),
}

/** Makes the sender of an app by its provider. @throws UnusablePushAppError */
export function senderOf<P extends PushProvider>(
	settings: SettingsOf<P>,
	secret: Secret,
	context: SenderContext,
): AppSender {
	const make: SenderMaker<P> = PROVIDERS[settings.provider as P]
	return make(settings, secret, context)
}
