import type { Cores } from '../run/cores.ts'

/** What a measurement of registrations is asked for. */
export interface RegistrationsRun {
	readonly accounts: number
	readonly perSecond: number
	/** How long refreshes come before they are measured. */
	readonly warmUpSeconds: number
	readonly password: string
	/** Registrations that the worker may begin a second. */
	readonly pace: number
	readonly nodeOptions: readonly string[]
	readonly cores: Cores
	/** Whether the registrar is restarted at the end. */
	readonly restart: boolean
}
