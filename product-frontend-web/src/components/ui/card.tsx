import type { ComponentProps } from "react";
import { classNames } from "@/lib/class-names";

export function Card({ className, ...rest }: ComponentProps<"section">) {
    return (
        <section
            {...rest}
            className={classNames("rounded-xl border border-line bg-surface shadow-card", className)}
        />
    );
}
