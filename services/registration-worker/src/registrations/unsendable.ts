/** Why a REGISTER was not sent, where that is no fault of the way. */
export class Unsendable extends Error {}

export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error)
}

export const NO_SERVER = 'the account names no SIP server that can be reached'
