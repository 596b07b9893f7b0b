import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { type Me, meQuery } from "@/lib/api/me";
import { asProblem } from "@/lib/api/problem";
import { useRename } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.profile;

const ConflictDialog = lazy(() => import("@/components/conflict-dialog"));

const schema = z.object({
    name: z.string().trim().min(1, words.nameMissing).max(200, settingWords.atMost200),
});
type Values = z.infer<typeof schema>;

export default function NameForm({ me }: { me: Me }) {
    const rename = useRename();
    const meNow = useQuery(meQuery);
    const [theirs, setTheirs] = useState<Me["person"] | null>(null);
    const form = useForm<Values>({ resolver: zodResolver(schema), values: { name: me.person.name }, resetOptions: { keepDirtyValues: true } });
    const { errors, isDirty } = form.formState;

    async function save(name: string, version: number) {
        try {
            const person = await rename.mutateAsync({ name, version });
            form.reset({ name: person.name });
            notify({ title: words.saved });
        } catch (error) {
            if (asProblem(error).status === 412) {
                const { data } = await meNow.refetch();
                setTheirs(data?.person ?? null);
            } else {
                showFieldProblems(error, form);
            }
        }
    }

    return (
        <>
            <form className="grid gap-5 p-5" noValidate onSubmit={form.handleSubmit(({ name }) => save(name, me.person.version))}>
                <Field label={settingWords.name} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="name" className="sm:max-w-md" />}
                </Field>
                <Field label={words.email} hint={words.emailHint}>
                    {(control) => <TextInput {...control} value={me.person.email} readOnly className="sm:max-w-md [&[readonly]]:bg-sunken" />}
                </Field>
                <FormFailure error={errors.root} />
                <div>
                    <Button type="submit" tone="primary" busy={rename.isPending} disabled={!isDirty}>
                        {settingWords.save}
                    </Button>
                </div>
            </form>
            <Suspense>
                {theirs && (
                    <ConflictDialog
                        what={words.yourName}
                        differences={[{ label: settingWords.name, mine: form.getValues("name"), theirs: theirs.name }]}
                        onKeepMine={() => {
                            setTheirs(null);
                            void save(form.getValues("name"), theirs.version);
                        }}
                        onTakeTheirs={() => {
                            setTheirs(null);
                            form.reset({ name: theirs.name });
                        }}
                    />
                )}
            </Suspense>
        </>
    );
}
