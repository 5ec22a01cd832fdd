import type { Clock, Logger, TimerHandle } from '@vigil/runtime'

/** A certificate chain and its private key, PEM. */
export interface Certificate {
	readonly cert: string
	readonly key: string
}

export interface CertificateWatchOptions {
	/** Reads the files; rejects for what cannot be used. */
	readonly read: () => Promise<Certificate>
	/** Uses another certificate for connections from now on. */
	readonly use: (certificate: Certificate) => void
	readonly clock: Clock
	readonly logger: Logger
}

/** Certificates are renewed days before they end. */
const LOOK_EVERY_MS = 30_000

/** Looks for a renewed certificate, which is used from then on; files that cannot be used are logged, and the present one stays. */
export class CertificateWatch {
	readonly #options: CertificateWatchOptions
	#present: Certificate
	#timer: TimerHandle | undefined
	#stopped = false

	constructor(present: Certificate, options: CertificateWatchOptions) {
		this.#present = present
		this.#options = options
		this.#arm()
	}

	stop(): void {
		this.#stopped = true
		if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer)
	}

	#arm(): void {
		if (!this.#stopped) this.#timer = this.#options.clock.setTimer(LOOK_EVERY_MS, () => void this.#look())
	}

	async #look(): Promise<void> {
		const { read, use, logger } = this.#options
		try {
			const found = await read()
			const isNew = found.cert !== this.#present.cert || found.key !== this.#present.key
			if (isNew && !this.#stopped) {
				use(found)
				this.#present = found
				logger.info({}, 'a renewed certificate is used')
			}
		} catch (error) {
			logger.warn({ error: String(error) }, 'a renewed certificate cannot be used, the present one stays')
		}
		this.#arm()
	}
}
