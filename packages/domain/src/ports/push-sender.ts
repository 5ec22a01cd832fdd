import type { PushApp, PushAppCredential } from '../push/push-app.ts'
import type { PushAttempt, PushOutcome } from '../push/push-attempt.ts'

/** Sends pushes for any push app; connections are kept per app and replaced when the app's version changes. */
export interface PushSender {
	/** Never throws for what a provider or the network does: that is an outcome. Answers by the attempt's deadline at the latest. */
	send(app: PushApp, credential: () => Promise<PushAppCredential>, attempt: PushAttempt): Promise<PushOutcome>
	close(): Promise<void>
}
