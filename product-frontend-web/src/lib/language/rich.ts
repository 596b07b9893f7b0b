import { createElement, Fragment, type ReactNode } from "react";

/** A message with elements in it: rich`Signed in as ${<b>Ada</b>}`. Each language puts them where its grammar wants them. */
export function rich(texts: TemplateStringsArray, ...values: ReactNode[]): ReactNode {
    return createElement(Fragment, null, ...texts.flatMap((text, at) => [text, values[at]]));
}
