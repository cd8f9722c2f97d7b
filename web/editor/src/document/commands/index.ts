/** Everything that changes a document. Each function makes a command; `perform` does it. */

export * from "./boxes";
export * from "./duplicate";
export * from "./expand";
export * from "./expose";
export * from "./insert";
export * from "./layout";
export * from "./links";
export * from "./make";
export * from "./names";
export * from "./nodes";
export * from "./order";
export * from "./parameters";
export * from "./remove";
export * from "./rename";
export * from "./requires";
export * from "./seeds";
export * from "./values";
export * from "./whole";
