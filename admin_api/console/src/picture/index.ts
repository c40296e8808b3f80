/** The one picture of a push: plan, live and past. */

export { AudienceFlow, type AudienceFlowProps } from "./AudienceFlow.js";
export { Dots, type DotsProps } from "./Dots.js";
export type { Audience, Counts, Flow, Picture, Receipt } from "./drawing.js";
export { type DotGroup, groupsOf, type KnownDot } from "./groups.js";
export { Legend } from "./Legend.js";
export { PushPicture, type PushPictureProps } from "./PushPicture.js";
export { type Comparison, compare, type Progress, type Side, stateAt } from "./progress.js";
export { StateMark } from "./StateMark.js";
export { Timeline, type TimelineProps } from "./Timeline.js";
