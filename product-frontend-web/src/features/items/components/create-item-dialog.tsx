import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextArea, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { projectChoicesQuery, useCreateItem } from "../api";
import { words } from "../words";

const schema = z.object({
    title: z.string().trim().min(1, words.titleMissing).max(200, words.titleTooLong),
    description: z.string().trim().max(2000, words.descriptionTooLong),
    project_id: z.string(),
});
type Values = z.infer<typeof schema>;

export default function CreateItemDialog({ onClose }: { onClose(): void }) {
    const projects = useQuery(projectChoicesQuery);
    const create = useCreateItem();
    const form = useForm<Values>({
        resolver: zodResolver(schema),
        defaultValues: { title: "", description: "", project_id: "" },
    });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async ({ title, description, project_id }) => {
        try {
            const item = await create.mutateAsync({
                title,
                ...(description ? { description } : {}),
                ...(project_id ? { project_id } : {}),
            });
            notify({ title: words.created(item.title) });
            onClose();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <Dialog open onClose={onClose} title={words.newItem} description={words.newItemText}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.itemTitle} error={errors.title?.message}>
                    {(control) => <TextInput {...control} {...form.register("title")} autoComplete="off" />}
                </Field>
                <Field label={words.description} optional error={errors.description?.message}>
                    {(control) => <TextArea {...control} {...form.register("description")} rows={4} />}
                </Field>
                <Field label={words.project} optional error={errors.project_id?.message}>
                    {(control) => (
                        <Select {...control} {...form.register("project_id")}>
                            <option value="">{words.noProject}</option>
                            {projects.data?.map((project) => (
                                <option key={project.id} translate="no" value={project.id}>
                                    {project.name}
                                </option>
                            ))}
                        </Select>
                    )}
                </Field>
                <FormFailure error={errors.root} />
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={create.isPending}>
                        {words.create}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
