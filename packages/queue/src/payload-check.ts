import { type Logger, wellFormed } from '@vigil/runtime'
import { InvalidPayloadError } from './errors.ts'
import type { QueueCounters } from './queue-backend.ts'

/** What we need of a schema: zod's way to say what is wrong without throwing. */
interface Schema {
	safeParse(value: unknown): { success: true; data: unknown } | { success: false; error: { issues: readonly Issue[] } }
}

interface Issue {
	readonly path: readonly PropertyKey[]
	readonly message: string
}

type Checked = { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly detail: string }

/** Checks payloads on their way in and out; counts and logs those that do not fit. Values are never logged. */
export class PayloadCheck {
	readonly #counters: QueueCounters
	readonly #logger: Logger

	constructor(counters: QueueCounters, logger: Logger) {
		this.#counters = counters
		this.#logger = logger
	}

	/** The payload as it is stored, its text well-formed. @throws InvalidPayloadError when it does not fit. */
	outgoing(name: string, schema: Schema, payload: unknown): unknown {
		const checked = this.#check(name, schema, payload)
		if (!checked.ok) throw new InvalidPayloadError(name, checked.detail)
		return wellFormed(checked.payload)
	}

	/** Undefined when it does not fit: another version of the service may have sent it. */
	incoming(name: string, schema: Schema, payload: unknown): unknown {
		const checked = this.#check(name, schema, payload)
		return checked.ok ? checked.payload : undefined
	}

	#check(name: string, schema: Schema, payload: unknown): Checked {
		const parsed = schema.safeParse(payload)
		if (parsed.success) return { ok: true, payload: parsed.data }
		const detail = parsed.error.issues.map((issue) => `${issue.path.join('.') || '.'}: ${issue.message}`).join('; ')
		this.#counters.invalid++
		this.#logger.error({ name, detail }, 'payload does not fit the catalog')
		return { ok: false, detail }
	}
}
