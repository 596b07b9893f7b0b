import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { classNames } from "@/lib/class-names";

interface MenuProps {
    /** The button that opens it. */
    trigger: ReactElement;
    children: ReactNode;
    align?: "start" | "end";
}

export function Menu({ trigger, children, align = "end" }: MenuProps) {
    return (
        <Base.Root>
            <Base.Trigger render={trigger} />
            <Base.Portal>
                <Base.Positioner className="z-50 outline-none" sideOffset={6} align={align}>
                    <Base.Popup className="min-w-52 origin-(--transform-origin) rounded-xl border border-line bg-surface p-1.5 text-sm text-ink shadow-float outline-none transition duration-100 data-ending-style:scale-95 data-ending-style:opacity-0 data-starting-style:scale-95 data-starting-style:opacity-0">
                        {children}
                    </Base.Popup>
                </Base.Positioner>
            </Base.Portal>
        </Base.Root>
    );
}

const itemClasses =
    "flex w-full items-center gap-2.5 rounded-lg px-2.5 py-2 outline-none select-none cursor-default " +
    "data-highlighted:bg-accent-soft data-highlighted:text-accent-soft-ink data-disabled:opacity-60 [&_svg]:size-4";

interface MenuItemProps {
    onClick?: () => void;
    icon?: ReactNode;
    children: ReactNode;
    className?: string;
}

export function MenuItem({ icon, children, className, ...rest }: MenuItemProps) {
    return (
        <Base.Item {...rest} className={classNames(itemClasses, className)}>
            {icon}
            {children}
        </Base.Item>
    );
}

interface MenuChoiceProps<Value extends string> {
    label: string;
    value: Value;
    choices: { value: Value; label: ReactNode; icon?: ReactNode }[];
    onChoose(value: Value): void;
}

/** A group of which one is chosen. */
export function MenuChoice<Value extends string>({ label, value, choices, onChoose }: MenuChoiceProps<Value>) {
    return (
        <Base.RadioGroup value={value} onValueChange={(next) => onChoose(next as Value)} aria-label={label}>
            {choices.map((choice) => (
                <Base.RadioItem key={choice.value} value={choice.value} closeOnClick className={itemClasses}>
                    {choice.icon}
                    {choice.label}
                    <Base.RadioItemIndicator className="ml-auto size-1.5 rounded-full bg-current" />
                </Base.RadioItem>
            ))}
        </Base.RadioGroup>
    );
}

export function MenuLine() {
    return <Base.Separator className="my-1.5 h-px bg-line" />;
}
