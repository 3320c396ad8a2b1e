from django import forms


class PostForm(forms.Form):
    name = forms.CharField(max_length=20)
    color = forms.ChoiceField(choices=[("red", "red"), ("blue", "blue")])
