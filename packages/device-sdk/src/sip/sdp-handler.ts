import type {
	BodyAndContentType,
	SessionDescriptionHandler,
	SessionDescriptionHandlerFactory,
	SessionDescriptionHandlerOptions,
} from 'sip.js'
import type { SdpAnswer } from '../call/sdp.ts'

const SDP = 'application/sdp'

/** What `accept` hands to the session description handler through sip.js. */
export interface SdpHandlerOptions extends SessionDescriptionHandlerOptions {
	readonly answer?: SdpAnswer
}

/** For apps that bring their media themselves: SDP is what the app gave, and nothing here touches it. */
class GivenSdpHandler implements SessionDescriptionHandler {
	#remote: string | undefined

	close(): void {}

	async getDescription(options?: SdpHandlerOptions): Promise<BodyAndContentType> {
		const answer = options?.answer
		if (answer === undefined) throw new TypeError('accept() needs an SDP answer')
		const body = typeof answer === 'string' ? answer : await answer(this.#remote)
		return { body, contentType: SDP }
	}

	hasDescription(contentType: string): boolean {
		return contentType.toLowerCase() === SDP
	}

	setDescription(sdp: string): Promise<void> {
		this.#remote = sdp
		return Promise.resolve()
	}

	sendDtmf(): boolean {
		return false
	}
}

export const givenSdp: SessionDescriptionHandlerFactory = () => new GivenSdpHandler()
