import { Download } from "lucide-react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { saveFile } from "@/lib/save-file";
import { words as settingWords } from "../words";

const words = settingWords.codes;

/** The codes that replace the app once each. Nobody can show them again. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
    const text = codes.join("\n");
    return (
        <>
            <div className="rounded-xl border border-line bg-sunken p-5">
                <ul aria-label={words.list} className="grid grid-cols-2 gap-x-6 gap-y-1.5 font-mono text-sm font-semibold">
                    {codes.map((code) => (
                        <li key={code} translate="no">
                            {code}
                        </li>
                    ))}
                </ul>
            </div>
            <div className="mt-6 flex flex-wrap items-center justify-end gap-2">
                <CopyButton text={text} label={words.copy} />
                <Button onClick={() => saveFile("phase-zero-recovery-codes.txt", "text/plain", `${text}\n`)}>
                    <Download className="size-4" aria-hidden="true" />
                    {words.saveFile}
                </Button>
                <Button tone="primary" onClick={onDone}>
                    {words.done}
                </Button>
            </div>
        </>
    );
}
