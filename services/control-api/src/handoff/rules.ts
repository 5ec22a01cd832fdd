/** The rules of the handoff without the server around them. */
export { answerLine } from './line-answer.ts'
export { lineFacts } from './line-facts.ts'
