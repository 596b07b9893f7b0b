import type { ComponentProps, ReactNode } from "react";
import { classNames } from "@/lib/class-names";

export type ButtonTone = "primary" | "secondary" | "quiet" | "danger";

const tones: Record<ButtonTone, string> = {
    primary: "bg-accent text-accent-ink hover:bg-accent-strong shadow-card",
    secondary: "border border-line bg-surface text-ink hover:bg-sunken shadow-card",
    quiet: "text-ink-soft hover:bg-sunken hover:text-ink",
    danger: "bg-bad text-surface hover:opacity-90 shadow-card",
};

const shape =
    "inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap select-none " +
    "transition-colors disabled:opacity-50 aria-disabled:opacity-50 aria-disabled:cursor-not-allowed disabled:cursor-not-allowed";

/** The classes of a button, for links that look like one. */
export function buttonClasses(tone: ButtonTone = "secondary", className?: string): string {
    return classNames(shape, "h-10 px-4 text-sm", tones[tone], className);
}

interface ButtonProps extends ComponentProps<"button"> {
    tone?: ButtonTone;
    className?: string | undefined;
    /** Work is under way: the button stays focusable, says so and does nothing. */
    busy?: boolean;
}

export function Button({ tone = "secondary", busy = false, className, children, onClick, ...rest }: ButtonProps) {
    return (
        <button
            type="button"
            {...rest}
            aria-disabled={busy || rest["aria-disabled"]}
            onClick={busy ? (event) => event.preventDefault() : onClick}
            className={buttonClasses(tone, className)}
        >
            {busy && <Spinner />}
            {children}
        </button>
    );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label" | "children"> {
    label: string;
    icon: ReactNode;
}

/** A square button with an icon; the label is its name and its native tooltip. */
export function IconButton({ label, icon, className, ...rest }: IconButtonProps) {
    return (
        <button
            type="button"
            aria-label={label}
            title={label}
            {...rest}
            className={classNames(
                shape,
                "size-9 shrink-0 text-ink-soft not-aria-disabled:hover:bg-sunken not-aria-disabled:hover:text-ink",
                className,
            )}
        >
            {icon}
        </button>
    );
}

function Spinner() {
    return (
        <span
            aria-hidden="true"
            className="size-4 animate-spin rounded-full border-2 border-current border-r-transparent"
        />
    );
}
