/** The settings cannot be used. The message is one sentence for the person who starts the process; it shows no values. */
export class ConfigError extends Error {
	constructor(message: string) {
		super(message)
		this.name = 'ConfigError'
	}
}
