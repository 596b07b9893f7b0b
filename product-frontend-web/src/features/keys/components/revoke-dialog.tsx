import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { type KeyView, useRevokeKey } from "../api";
import { words as keyWords } from "../words";

const words = keyWords.revoke;
const typedLength = 6;

/** Says what ends with the key, and wants its id begun: nobody revokes the one beside it. */
export default function RevokeDialog({ signingKey, onClose }: { signingKey: KeyView; onClose(): void }) {
    const revoke = useRevokeKey();
    const form = useForm({
        resolver: zodResolver(z.object({ typed: z.string().trim().refine((text) => text.length >= typedLength && signingKey.kid.startsWith(text), words.differs) })),
        defaultValues: { typed: "" },
    });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async () => {
        try {
            await revoke.mutateAsync(signingKey.kid);
            notify({ title: words.done });
            onClose();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <Dialog
            open
            onClose={onClose}
            title={words.title}
            description={
                <code translate="no" className="font-mono text-xs break-all">
                    {signingKey.kid}
                </code>
            }
        >
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <ul className="grid list-disc gap-1.5 rounded-xl bg-sunken p-4 pl-8 leading-relaxed text-ink-soft">
                    {[...(words.effects[signingKey.state] ?? []), words.forGood].map((effect) => (
                        <li key={effect}>{effect}</li>
                    ))}
                </ul>
                <Field label={words.type} error={errors.typed?.message}>
                    {(control) => <TextInput {...control} {...form.register("typed")} autoComplete="off" autoCapitalize="none" spellCheck={false} className="font-mono" />}
                </Field>
                <FormFailure>{errors.root?.message}</FormFailure>
                <div className="flex flex-wrap justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="danger" busy={revoke.isPending}>
                        {words.action}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
