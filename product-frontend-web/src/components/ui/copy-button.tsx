import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { common } from "@/lib/language/common";
import { IconButton } from "./button";

export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
    const [copied, setCopied] = useState(false);
    useEffect(() => {
        if (!copied) {
            return;
        }
        const timer = setTimeout(() => setCopied(false), 2000);
        return () => clearTimeout(timer);
    }, [copied]);

    async function copy() {
        await navigator.clipboard.writeText(text);
        setCopied(true);
    }

    return (
        <IconButton
            label={copied ? common.copied : label}
            icon={copied ? <Check className="size-4 text-good" /> : <Copy className="size-4" />}
            onClick={copy}
            {...(className ? { className } : {})}
        />
    );
}
