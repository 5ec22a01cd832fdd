/**
 * What one step of a machine gives. Every machine of `sip`, `domain` and the edge is a pure function
 * `step(state, input, nowMs) -> Step`: the state is never changed in place, effects are plain objects in the order in which they are
 * to be carried out, their `type` is a kebab-case word, and the state says in `dueAtMs` when it wants the input `due`.
 */
export interface Step<State, Effect> {
	readonly state: State
	readonly effects: readonly Effect[]
}
