import { type ComponentProps, type KeyboardEvent, type ReactNode, useState } from "react";
import { classNames } from "@/lib/class-names";
import { common } from "@/lib/language/common";
import { Field, TextInput } from "./field";

interface PasswordFieldProps extends Omit<ComponentProps<"input">, "type"> {
    label: string;
    hint?: ReactNode;
    error?: string | undefined;
}

/** A password with a button that shows it, and a word of warning while Caps Lock is on. */
export function PasswordField({ label, hint, error, className, onBlur, ...rest }: PasswordFieldProps) {
    const [revealed, setRevealed] = useState(false);
    const [capsLock, setCapsLock] = useState(false);

    function watchCapsLock(event: KeyboardEvent) {
        setCapsLock(event.getModifierState("CapsLock"));
    }

    return (
        <Field label={label} hint={capsLock ? common.passwords.capsLock : hint} error={error}>
            {(control) => (
                <div className="relative">
                    <TextInput
                        {...control}
                        {...rest}
                        type={revealed ? "text" : "password"}
                        autoCapitalize="none"
                        spellCheck={false}
                        className={classNames("pr-16", className)}
                        onKeyDown={watchCapsLock}
                        onKeyUp={watchCapsLock}
                        onBlur={(event) => {
                            setCapsLock(false);
                            onBlur?.(event);
                        }}
                    />
                    <button
                        type="button"
                        aria-pressed={revealed}
                        aria-label={common.passwords.showIt}
                        className="absolute inset-y-1 right-1 rounded-md px-3 text-xs font-semibold text-ink-soft hover:text-ink"
                        onClick={() => setRevealed(!revealed)}
                    >
                        {revealed ? common.passwords.hide : common.passwords.show}
                    </button>
                </div>
            )}
        </Field>
    );
}
